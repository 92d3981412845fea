/** The network as nodes and values, and the work done on it before it runs. */
package dev.conv4j.onnx.graph;
