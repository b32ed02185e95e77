CREATE TABLE "tidemark"."asset_statistic" (
	"asset_id" bigint PRIMARY KEY NOT NULL,
	"row_count" bigint,
	"bytes" bigint,
	"taken_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."ownership" (
	"asset_id" bigint NOT NULL,
	"owner" text NOT NULL,
	"set_by" bigint NOT NULL,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ownership_asset_id_owner_pk" PRIMARY KEY("asset_id","owner")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."tag" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."tag_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"organization_id" bigint NOT NULL,
	"name" text NOT NULL,
	"description" text
);
--> statement-breakpoint
CREATE TABLE "tidemark"."tag_assignment" (
	"asset_id" bigint NOT NULL,
	"field_key" text collate "C" DEFAULT '' NOT NULL,
	"tag_id" bigint NOT NULL,
	"set_by" bigint NOT NULL,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tag_assignment_asset_id_field_key_tag_id_pk" PRIMARY KEY("asset_id","field_key","tag_id")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."usage" (
	"asset_id" bigint PRIMARY KEY NOT NULL,
	"reads" bigint,
	"writes" bigint,
	"users" bigint,
	"last_read_at" timestamp with time zone,
	"last_written_at" timestamp with time zone,
	"since" timestamp with time zone,
	"taken_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."health_check" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."health_check_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"healthy" boolean NOT NULL,
	"step" text,
	"category" text,
	"message" text,
	"hint" text
);
--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD COLUMN "owners" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD COLUMN "task_queue" text;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD COLUMN "preview" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD COLUMN "statistics_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tidemark"."ownership" ADD CONSTRAINT "ownership_set_by_principal_id_fk" FOREIGN KEY ("set_by") REFERENCES "tidemark"."principal"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."tag" ADD CONSTRAINT "tag_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "tidemark"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."tag_assignment" ADD CONSTRAINT "tag_assignment_tag_id_tag_id_fk" FOREIGN KEY ("tag_id") REFERENCES "tidemark"."tag"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."tag_assignment" ADD CONSTRAINT "tag_assignment_set_by_principal_id_fk" FOREIGN KEY ("set_by") REFERENCES "tidemark"."principal"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."health_check" ADD CONSTRAINT "health_check_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "tidemark"."source"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "tag_name" ON "tidemark"."tag" USING btree ("organization_id","name");--> statement-breakpoint
CREATE INDEX "tag_assignment_tag" ON "tidemark"."tag_assignment" USING btree ("tag_id");--> statement-breakpoint
CREATE INDEX "health_check_source" ON "tidemark"."health_check" USING btree ("source_id","id");