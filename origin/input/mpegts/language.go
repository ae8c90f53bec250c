package mpegts

import (
	"strings"

	"golang.org/x/text/language"
)

// bibliographic holds the codes of ISO 639-2/B that differ from those of ISO 639-3, which BCP 47 knows: broadcasters
// use either.
const bibliographic = "alb sqi arm hye baq eus bur mya chi zho cze ces dut nld fre fra geo kat ger deu gre ell ice isl mac mkd mao mri " +
	"may msa per fas rum ron slo slk tib bod wel cym"

// languageOf is the RFC 5646 tag of an ISO 639-2 code (ISO 13818-1 §2.6.18), or empty where it names no language.
func languageOf(code [3]byte) string {
	name := strings.ToLower(string(code[:]))
	for _, c := range name {
		if c < 'a' || c > 'z' {
			return ""
		}
	}
	if name >= "qaa" && name <= "qtz" { // For local use: the original sound, most often.
		return ""
	}
	switch name {
	case "und", "mul", "mis", "zxx":
		return ""
	}
	if at := strings.Index(bibliographic, name); at >= 0 && at%8 == 0 {
		name = bibliographic[at+4 : at+7]
	}
	base, err := language.ParseBase(name)
	if err != nil {
		return ""
	}
	return base.String()
}
