/** What this machine is and what this JVM can do with it. */
package dev.conv4j.cpu.machine;
