/** Reductions along axes. */
package dev.conv4j.onnx.op.reduce;
