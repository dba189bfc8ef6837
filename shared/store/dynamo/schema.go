package dynamo

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The attributes of the table's items. Which item has which is in docs/dynamodb.md.
const (
	attrPK   = "pk"
	attrSK   = "sk"
	attrBody = "body"  // what is kept, as JSON, compressed
	attrRev  = "rev"   // revision, for conditions
	attrTTL  = "ttl"   // seconds since 1970 after which DynamoDB may delete the item
	attrBy   = "by"    // who made the change; empty where a detector did
	attrFace = "facet" // of a detection: what filters and counts look at, compressed

	attrStartDay   = "start_day"
	attrStartKey   = "start_key"
	attrUpdateDay  = "update_day"
	attrUpdateKey  = "update_key"
	attrCreatedDay = "created_day"
	attrCreatedKey = "created_key"
	attrTypeDay    = "type_day"

	attrOverrides = "overrides" // of a device: what people say
	attrLast      = "last_seen" // of a device, and of what a sensor heard
)

// TTLAttribute is the attribute by which DynamoDB's time to live deletes items.
const TTLAttribute = attrTTL

// The indexes. All are over detections alone.
const (
	IndexStart   = "by_start"
	IndexUpdate  = "by_update"
	IndexCreated = "by_created"
	IndexType    = "by_type"
)

// index is one secondary index: a hash key and a sort key.
type index struct{ name, pk, sk string }

func indexes() []index {
	return []index{
		{IndexStart, attrStartDay, attrStartKey},
		{IndexUpdate, attrUpdateDay, attrUpdateKey},
		{IndexCreated, attrCreatedDay, attrCreatedKey},
		{IndexType, attrTypeDay, attrStartKey},
	}
}

// Schema is how the table must be made: keys, indexes, on-demand capacity and the stream. Time to live, on TTLAttribute, is switched on
// by a call of its own. Infrastructure and tests both make the table from this.
func Schema(table string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:           aws.String(table),
		BillingMode:         types.BillingModePayPerRequest,
		KeySchema:           keySchema(attrPK, attrSK),
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	}
	names := []string{attrPK, attrSK, attrStartDay, attrStartKey, attrUpdateDay, attrUpdateKey, attrCreatedDay, attrCreatedKey, attrTypeDay}
	for _, n := range names {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(n), AttributeType: types.ScalarAttributeTypeS,
		})
	}
	for _, x := range indexes() {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(x.name), KeySchema: keySchema(x.pk, x.sk),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{attrFace}},
		})
	}
	return in
}

func keySchema(hash, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
	}
}
