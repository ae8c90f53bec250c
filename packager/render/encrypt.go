package render

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// Key is a key of AES-128, IV an initialization vector.
type (
	Key [16]byte
	IV  [aes.BlockSize]byte
)

// NumberIV is the initialization vector of a segment whose EXT-X-KEY tells none: its media sequence number as a
// big-endian number of 128 bits (RFC 8216bis §5.2).
func NumberIV(sequence uint64) (iv IV) {
	binary.BigEndian.PutUint64(iv[8:], sequence)
	return iv
}

// Encrypt appends body to dst, encrypted whole with AES-128 in CBC mode with PKCS #7 padding (RFC 8216bis §4.4.4.4, METHOD
// AES-128). It is 1 to 16 bytes longer. dst may be body[:0], which encrypts it where it is.
func Encrypt(dst, body []byte, key Key, iv IV) ([]byte, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return dst, err
	}
	before := len(dst)
	size := EncryptedSize(len(body))
	if cap(dst)-before < size {
		dst = append(make([]byte, 0, before+size), dst...)
	}
	dst = append(dst, body...)
	padding := size - len(body)
	for range padding {
		dst = append(dst, byte(padding))
	}
	out := dst[before:]
	cipher.NewCBCEncrypter(block, iv[:]).CryptBlocks(out, out)
	return dst, nil
}

// EncryptedSize is the size of what Encrypt makes of a body.
func EncryptedSize(body int) int { return body + aes.BlockSize - body%aes.BlockSize }
