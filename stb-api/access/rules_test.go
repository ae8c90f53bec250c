package access_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

func TestCheckName(t *testing.T) {
	for name, kept := range map[string]string{
		"admin": "admin", "zhang.wei@town": "zhang.wei@town", "e\u0301dith": "édith", "李-2": "李-2",
	} {
		got, err := access.CheckName(name)
		require.NoError(t, err, name)
		require.Equal(t, kept, got)
	}
	kept, err := access.CheckName(" 张伟 ")
	require.NoError(t, err)
	require.Equal(t, "张伟", kept)
	for _, name := range []string{
		"", "a", " ", "a b", "../../etc", "a\x00b", "a\nb", "<b>", "a\u202eb", "a\u200bb", "\xff\xfe", ".admin", "-x", strings.Repeat("长", 33),
		strings.Repeat("a", 1<<20),
	} {
		_, err := access.CheckName(name)
		var rule *access.RuleError
		require.ErrorAs(t, err, &rule, "%.20q", name)
		require.Equal(t, "username", rule.Field)
	}
}

func TestCheckPassword(t *testing.T) {
	for _, password := range []string{
		"correct horse battery", "茶山下的小学有三棵银杏树和一口井", "kV3-tulip-9931", "7f8a91bb02cd", "rain in the passwords of May", "Zebra!Lamp&2031",
	} {
		require.NoError(t, access.CheckPassword(password, "zhangwei"), password)
	}
	for password, key := range map[string]string{
		"":                          "error.access.password-short",
		"short":                     "error.access.password-short",
		"十一个汉字还是太短":                 "error.access.password-short",
		"aaaaaaaaaaaaaaaa":          "error.access.password-weak",
		"123456789012":              "error.access.password-weak",
		"13812345678901":            "error.access.password-weak",
		"passwordpassword":          "error.access.password-weak",
		"P@ssw0rd2026!!":            "error.access.password-weak",
		"admin1234567":              "error.access.password-weak",
		"Qwertyuiop123":             "error.access.password-weak",
		"zhangwei2026":              "error.access.password-weak",
		"ZhangWei!!!!2026":          "error.access.password-weak",
		"dangyuanjiaoyu1":           "error.access.password-weak",
		"minioadmin123":             "error.access.password-weak",
		strings.Repeat("abcdx", 26): "error.access.password-long",
		strings.Repeat("a", 1<<20):  "error.access.password-long",
		"twelve chars\xff":          "error.access.password-long",
	} {
		err := access.CheckPassword(password, "zhangwei")
		var rule *access.RuleError
		require.ErrorAs(t, err, &rule, "%.20q", password)
		require.Equal(t, key, rule.Key, "%.20q", password)
		require.Equal(t, "password", rule.Field)
	}
}
