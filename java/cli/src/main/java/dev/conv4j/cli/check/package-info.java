/** The double-precision oracle that every timed or verified result is held to. */
package dev.conv4j.cli.check;
