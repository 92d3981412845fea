/**
 * What every backend is held to: an oracle written from the definition, a corpus of problems, and
 * suites that run each algorithm by itself.
 */
package dev.conv4j.testkit;
