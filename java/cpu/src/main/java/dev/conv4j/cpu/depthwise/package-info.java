/** Every channel with filters of its own. Loaded only where vectors may be used. */
package dev.conv4j.cpu.depthwise;
