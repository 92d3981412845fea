/** A check of a real GPU in one go: conformance, measured peaks, convolutions beside cuDNN. */
@NullMarked
package dev.conv4j.bench.gpu;

import org.jspecify.annotations.NullMarked;
