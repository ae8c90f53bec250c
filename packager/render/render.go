// Package render makes what clients ask for out of the stored CMAF fragments.
package render
