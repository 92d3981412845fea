/** The ONNX file format: a lean protobuf reader and the messages of a model. */
package dev.conv4j.onnx.proto;
