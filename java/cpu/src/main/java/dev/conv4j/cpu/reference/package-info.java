/** Every legal problem by definition, slowly. */
package dev.conv4j.cpu.reference;
