/** What people and programs read: tables, progress, JSON, files that are never half-written. */
package dev.conv4j.cli.output;
