package hls

import (
	"encoding/hex"
	"strings"
)

func (p *parser) masterTag(name, value string) error {
	a := attributes(value)
	if name == "EXT-X-MEDIA" {
		if len(p.doc.renditions) < maxVariants {
			p.doc.renditions = append(p.doc.renditions, rendition{
				kind: a["TYPE"], group: a["GROUP-ID"], language: a["LANGUAGE"], uri: a["URI"],
				isDefault: a["DEFAULT"] == "YES", autoselect: a["AUTOSELECT"] == "YES",
			})
		}
		return nil
	}
	v := &variant{audio: a["AUDIO"]}
	var err error
	if b := a["BANDWIDTH"]; b != "" {
		if v.bandwidth, err = p.integer(b); err != nil {
			return err
		}
	}
	if w, h, found := strings.Cut(a["RESOLUTION"], "x"); found {
		if v.width, err = p.integer(w); err != nil {
			return err
		}
		if v.height, err = p.integer(h); err != nil {
			return err
		}
	}
	for codec := range strings.SplitSeq(a["CODECS"], ",") {
		if codec = strings.TrimSpace(codec); codec != "" {
			v.codecs = append(v.codecs, codec)
		}
	}
	p.stream = v
	return nil
}

// keyTag takes an EXT-X-KEY. Those of other key formats than the plain one are alternatives to it (§4.4.4.4).
func (p *parser) keyTag(value string) error {
	a := attributes(value)
	k := &key{method: a["METHOD"], uri: a["URI"], format: a["KEYFORMAT"]}
	switch {
	case k.method == "NONE":
		p.identity, p.other = nil, nil
		return nil
	case k.method != "AES-128" || k.format != "" && k.format != "identity":
		p.other = k
		if k.format == "" || k.format == "identity" {
			p.identity = nil
		}
		return nil
	case k.uri == "":
		return p.fail("EXT-X-KEY without a URI")
	}
	if iv := a["IV"]; iv != "" {
		digits := strings.TrimPrefix(strings.TrimPrefix(iv, "0x"), "0X")
		if len(digits) > 32 {
			return p.fail("IV of %d digits, expected at most 32", len(digits))
		}
		b, err := hex.DecodeString(strings.Repeat("0", 32-len(digits)) + digits)
		if err != nil {
			return p.fail("IV %q: expected hexadecimal digits", iv)
		}
		k.iv = b
	}
	p.identity = k
	return nil
}

func (p *parser) mapTag(value string) error {
	a := attributes(value)
	i := &initial{uri: a["URI"], key: p.key()}
	if i.uri == "" {
		return p.fail("EXT-X-MAP without a URI")
	}
	if r := a["BYTERANGE"]; r != "" {
		var err error
		if i.part, err = p.byteRange(r); err != nil {
			return err
		}
		i.part.offset = max(i.part.offset, 0)
	}
	p.init = i
	return nil
}

// attributes reads an attribute list (§4.2). What cannot be read of it is left out.
func attributes(s string) map[string]string {
	out := map[string]string{}
	for s != "" {
		name, rest, found := strings.Cut(s, "=")
		if !found {
			break
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			value, rest, _ = strings.Cut(rest[1:], `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		name = strings.TrimSpace(name)
		if _, twice := out[name]; !twice {
			out[name] = strings.TrimSpace(value)
		}
		s = rest
	}
	return out
}
