/** Results as a page for a browser: one file, nothing loaded from elsewhere. */
package dev.conv4j.cli.html;
