/** Normalizations, and softmax with its kin. */
package dev.conv4j.onnx.op.normalize;
