package model

import (
	"time"

	"gorm.io/gorm"
)

// Common is what all tables have.
type Common struct {
	ID        uint      `gorm:"primaryKey"`
	CreatedAt time.Time `gorm:"index"`
	DeletedAt gorm.DeletedAt
}

// Car is one of the fleet.
type Car struct {
	Common
	Plate    string  `gorm:"size:12;uniqueIndex;not null"` // with blanks
	Kind     string  `gorm:"type:enum('van','truck');default:'van'"`
	Litres   float64 `gorm:"column:tank_litres"`
	DepotID  *uint
	Depot    *Depot    `gorm:"constraint:OnDelete:SET NULL;"`
	Drivers  []*Driver `gorm:"many2many:car_drivers;"`
	Position `gorm:"embedded;embeddedPrefix:pos_"`
	cache    map[string]string
}

type Position struct {
	Lat, Lon float64
}

type Depot struct {
	gorm.Model
	City string `gorm:"index:place,unique"`
	Code int    `gorm:"index:place,unique"`
}

func (Depot) TableName() string { return "depot" }

type Driver struct {
	Code    string `gorm:"primaryKey;size:8"`
	Licence []byte
	Since   time.Time `gorm:"autoCreateTime;comment:first day"`
	Boss    *string
}
