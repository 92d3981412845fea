/** What another library implements to be timed in turn with conv4j by {@code conv4j bench}. */
package dev.conv4j.cli.peer;
