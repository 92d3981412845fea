/** ONNX Runtime as a peer of the benchmark, through its Java interface. */
@NullMarked
package dev.conv4j.peer.onnxruntime;

import org.jspecify.annotations.NullMarked;
