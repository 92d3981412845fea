/**
 * What a backend implements: a provider found by ServiceLoader, devices, raw memory, and ordered
 * lists of algorithms. Five concepts, kept apart: provider (is it usable here), device (what it
 * is), memory (where data lives), algorithm (can this problem run, at what price), executable (run
 * it).
 */
package dev.conv4j.spi;
