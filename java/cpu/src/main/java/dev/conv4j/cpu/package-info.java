/** The CPU backend: provider, device, and the list of its algorithms. */
package dev.conv4j.cpu;
