package trust

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
)

// Client is the TLS configuration of a pull by that protocol. With a fingerprint the server's certificate is the one with that
// SHA-256, whoever signed it, as cameras sign their own; otherwise it is verified against ca, PEM, or the system's roots.
func Client(protocol string, ca []byte, fingerprint string) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(ca) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(ca) {
			return nil, fmt.Errorf("%s authority: no certificate in it, PEM expected", protocol)
		}
		conf.RootCAs = pool
	}
	if fingerprint == "" {
		return conf, nil
	}
	want, err := hex.DecodeString(strings.ReplaceAll(fingerprint, ":", ""))
	if err != nil || len(want) != sha256.Size {
		return nil, fmt.Errorf("%s fingerprint %q: the SHA-256 of the certificate expected, 64 hexadecimal digits",
			protocol, fingerprint)
	}
	conf.InsecureSkipVerify = true // The chain is replaced by the comparison below, which is stricter.
	conf.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return fmt.Errorf("%s: the server shows no certificate", protocol)
		}
		got := sha256.Sum256(state.PeerCertificates[0].Raw)
		if subtle.ConstantTimeCompare(got[:], want) != 1 {
			return fmt.Errorf("%s: the server's certificate has the fingerprint %s, %s expected",
				protocol, hex.EncodeToString(got[:]), hex.EncodeToString(want))
		}
		return nil
	}
	return conf, nil
}
