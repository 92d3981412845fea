/** The width of vectors. Nothing here is loaded where the Vector API is missing. */
package dev.conv4j.cpu.vector;
