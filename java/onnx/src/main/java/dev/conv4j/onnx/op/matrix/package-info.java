/** Matrix products. */
package dev.conv4j.onnx.op.matrix;
