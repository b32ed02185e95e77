CREATE TABLE "tidemark"."rate_budget" (
	"bucket" text collate "C" PRIMARY KEY NOT NULL,
	"allowed" integer NOT NULL,
	"remaining" integer NOT NULL,
	"resets_at" timestamp with time zone NOT NULL,
	"blocked_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "tidemark"."source_memory" (
	"source_id" bigint NOT NULL,
	"key" text collate "C" NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "source_memory_source_id_key_pk" PRIMARY KEY("source_id","key")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."webhook_delivery" (
	"source_id" bigint NOT NULL,
	"delivery" text collate "C" NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_delivery_source_id_delivery_pk" PRIMARY KEY("source_id","delivery")
);
--> statement-breakpoint
ALTER TABLE "tidemark"."sync_run" ADD COLUMN "budget" jsonb;--> statement-breakpoint
ALTER TABLE "tidemark"."source_memory" ADD CONSTRAINT "source_memory_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "tidemark"."source"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."webhook_delivery" ADD CONSTRAINT "webhook_delivery_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "tidemark"."source"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_delivery_received" ON "tidemark"."webhook_delivery" USING btree ("received_at");