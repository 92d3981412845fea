/** Between reals and the integers that stand for them. */
package dev.conv4j.onnx.op.quantize;
