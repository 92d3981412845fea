/** The frame of the CPU's algorithms: refusals, costs, and the geometry they share. */
package dev.conv4j.cpu.algorithm;
