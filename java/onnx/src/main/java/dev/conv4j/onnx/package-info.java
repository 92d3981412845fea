/** ONNX models, sessions and tensors. */
package dev.conv4j.onnx;
