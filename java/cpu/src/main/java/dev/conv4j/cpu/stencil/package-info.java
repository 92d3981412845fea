/** Images and signals: filters that slide over single planes where they lie. */
package dev.conv4j.cpu.stencil;
