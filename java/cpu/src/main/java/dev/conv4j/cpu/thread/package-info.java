/** The threads of a device. */
package dev.conv4j.cpu.thread;
