/** An ONNX model of one convolution, for the peers that read such models. */
@NullMarked
package dev.conv4j.peer.model;

import org.jspecify.annotations.NullMarked;
