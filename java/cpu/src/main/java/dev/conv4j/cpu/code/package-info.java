/**
 * Machine code for what the Vector API cannot say: a prefetch. Emitted at run time, where this JVM
 * and this processor allow it; nothing depends on it.
 */
package dev.conv4j.cpu.code;
