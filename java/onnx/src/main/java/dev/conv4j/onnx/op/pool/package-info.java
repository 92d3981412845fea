/** Pooling over windows and over whole images. */
package dev.conv4j.onnx.op.pool;
