/** oneDNN as a peer of the benchmark, through its C interface. */
@NullMarked
package dev.conv4j.peer.onednn;

import org.jspecify.annotations.NullMarked;
