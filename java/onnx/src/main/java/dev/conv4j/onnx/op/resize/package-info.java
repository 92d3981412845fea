/** Resampling of images. */
package dev.conv4j.onnx.op.resize;
