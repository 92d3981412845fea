/** Operators that work element by element, with broadcasting. */
package dev.conv4j.onnx.op.elementwise;
