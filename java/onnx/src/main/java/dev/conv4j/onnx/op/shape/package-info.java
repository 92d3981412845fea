/** Operators that move elements or speak of shapes. */
package dev.conv4j.onnx.op.shape;
