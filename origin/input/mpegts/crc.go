package mpegts

// crcTable is for the CRC of tables: polynomial 0x04C11DB7, most significant bit first (ISO 13818-1 annex A).
var crcTable = makeCRCTable()

func makeCRCTable() (table [256]uint32) {
	for i := range table {
		c := uint32(i) << 24
		for range 8 {
			top := c >> 31
			c <<= 1
			c ^= 0x04C11DB7 * top
		}
		table[i] = c
	}
	return table
}

// crc32 is 0 over a section with its CRC.
func crc32(b []byte) uint32 {
	c := ^uint32(0)
	for _, v := range b {
		c = c<<8 ^ crcTable[byte(c>>24)^v]
	}
	return c
}
