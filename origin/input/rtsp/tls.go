package rtsp

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// clientTLS is the TLS configuration of a pull. With a fingerprint the server's certificate is the one with that
// SHA-256, whoever signed it, as cameras sign their own; otherwise it is verified against ca or the system's roots.
func clientTLS(ca []byte, fingerprint string) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(ca) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(ca) {
			return nil, errors.New("rtsps authority: no certificate in it, PEM expected")
		}
		conf.RootCAs = pool
	}
	if fingerprint == "" {
		return conf, nil
	}
	want, err := hex.DecodeString(strings.ReplaceAll(fingerprint, ":", ""))
	if err != nil || len(want) != sha256.Size {
		return nil, fmt.Errorf("rtsps fingerprint %q: the SHA-256 of the certificate expected, 64 hexadecimal digits", fingerprint)
	}
	conf.InsecureSkipVerify = true // The chain is replaced by the comparison below, which is stricter.
	conf.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("rtsps: the server shows no certificate")
		}
		got := sha256.Sum256(state.PeerCertificates[0].Raw)
		if subtle.ConstantTimeCompare(got[:], want) != 1 {
			return fmt.Errorf("rtsps: the server's certificate has the fingerprint %s, %s expected",
				hex.EncodeToString(got[:]), hex.EncodeToString(want))
		}
		return nil
	}
	return conf, nil
}
