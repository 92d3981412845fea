/** Timing of verified convolutions, ours and other libraries' in turn. */
package dev.conv4j.cli.bench;
