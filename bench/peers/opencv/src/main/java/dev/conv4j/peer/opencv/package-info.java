/** OpenCV as a peer of the benchmark, through its JavaCPP bindings. */
@NullMarked
package dev.conv4j.peer.opencv;

import org.jspecify.annotations.NullMarked;
