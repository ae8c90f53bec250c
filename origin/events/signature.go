package events

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// SignatureHeader carries when a message was sent and its signature: t=SECONDS,v1=HEX.
const SignatureHeader = "Podium-Signature"

// Sign is the value of the header: HMAC-SHA256 over the time, a full stop and the body. The time is signed as well, so that a receiver can
// refuse what somebody recorded and sends again.
func Sign(secret, body []byte, at time.Time) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
