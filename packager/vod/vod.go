// Package vod makes packaged assets and folders of HLS out of files.
package vod
