/** Discovery, planning and lifetimes behind the API. */
package dev.conv4j.internal;
