/** Pictures: read, convolved on a device, written. */
package dev.conv4j.cli.image;
