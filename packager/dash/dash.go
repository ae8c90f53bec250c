// Package dash writes MPDs, the manifests of MPEG-DASH (ISO 23009-1).
package dash
