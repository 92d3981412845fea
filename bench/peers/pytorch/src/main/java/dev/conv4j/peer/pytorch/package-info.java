/** PyTorch as a peer of the benchmark, through DJL. */
@NullMarked
package dev.conv4j.peer.pytorch;

import org.jspecify.annotations.NullMarked;
