/** The commands and what they share: exit codes, the version, the choice of devices. */
package dev.conv4j.cli;
