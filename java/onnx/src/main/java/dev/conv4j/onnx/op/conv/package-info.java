/** The convolution family: on the engine where it has the operator, on the host where not. */
package dev.conv4j.onnx.op.conv;
