/** Native host memory as device memory. */
package dev.conv4j.cpu.memory;
