package ops

import "net/http"

// The headers that every answer has, set before its handler so that a page can say otherwise. The values
// are shared between requests and never written to.
type headers struct {
	nosniff, policy, referrer, frame, opener, transport, anyOrigin []string
}

func newHeaders(strictTransport bool) headers {
	made := headers{
		nosniff:   []string{"nosniff"},
		anyOrigin: []string{"*"},
		// For documents that are no pages; the pages set a policy of their own.
		policy:   []string{"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
		referrer: []string{"same-origin"},
		frame:    []string{"SAMEORIGIN"},
		opener:   []string{"same-origin"},
	}
	if strictTransport {
		made.transport = []string{"max-age=31536000"}
	}
	return made
}

// media sets what media and playlists need: that no browser takes them for a page, and that players on other origins'
// pages may read them, refusals too: without a status they would try again where there is nothing to be had.
func (h *headers) media(header http.Header) {
	header["X-Content-Type-Options"] = h.nosniff
	header["Access-Control-Allow-Origin"] = h.anyOrigin
}

// document sets what everything else needs (OWASP ASVS 5.0 §3.4).
func (h *headers) document(header http.Header, secure bool) {
	header["X-Content-Type-Options"] = h.nosniff
	header["Content-Security-Policy"] = h.policy
	header["Referrer-Policy"] = h.referrer
	header["X-Frame-Options"] = h.frame
	header["Cross-Origin-Opener-Policy"] = h.opener
	if secure && h.transport != nil {
		header["Strict-Transport-Security"] = h.transport
	}
}
