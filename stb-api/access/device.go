package access

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// deviceContext keeps a device mark from standing for anything else signed with the same secret.
const deviceContext = "podium device mark 1\x00"

const (
	deviceNonce = 12
	// deviceLength is the length of a mark: 12 and 18 bytes in base64url, with nothing between.
	deviceLength = 40
	deviceMac    = 18
)

// newDevice returns a mark for a browser that has signed in to the account, or nothing without secrets.
func newDevice(secrets [][]byte, account string) string {
	if len(secrets) == 0 {
		return ""
	}
	var mark [deviceNonce + deviceMac]byte
	nonce := mark[:deviceNonce]
	if _, err := rand.Read(nonce); err != nil {
		return ""
	}
	copy(mark[deviceNonce:], deviceSum(secrets[0], nonce, account))
	return base64.RawURLEncoding.EncodeToString(mark[:])
}

// checkDevice says whether the mark was given to a browser that signed in to the account.
func checkDevice(secrets [][]byte, mark, account string) bool {
	if len(mark) != deviceLength {
		return false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(mark)
	if err != nil || len(raw) != deviceNonce+deviceMac {
		return false
	}
	valid := false
	for _, secret := range secrets {
		if hmac.Equal(deviceSum(secret, raw[:deviceNonce], account), raw[deviceNonce:]) {
			valid = true
		}
	}
	return valid
}

func deviceSum(secret, nonce []byte, account string) []byte {
	sum := sign(secret, append([]byte(deviceContext), nonce...), strings.ToLower(normalise(account)))
	return sum[:deviceMac]
}
