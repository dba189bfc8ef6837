package gen

// The folder is made anew with `go generate ./lambdas/api/gen`. The seal is what a test compares, so that a change of the contract
// without its code, or of the code without its contract, is seen even where the generator cannot be had.
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config config.yaml ../openapi.yaml
//go:generate sh -c "cat ../openapi.yaml config.yaml api.gen.go | sha256sum | cut -d' ' -f1 > seal.sha256"
